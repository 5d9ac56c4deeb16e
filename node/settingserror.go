package node

// A SettingsError is returned by Resolve and New if settings are wrong, wherever they
// were read. To start again does not help until they are corrected.
type SettingsError struct{ Err error }

// Error returns the text of Err.
func (e *SettingsError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *SettingsError) Unwrap() error { return e.Err }
