// Package backplanetest checks implementations of signalr.Backplane, and has one
// in memory for tests.
//
// Run checks what the comment of signalr.Backplane promises, as far as it can be
// seen from outside without faults. RunSpec runs the official specification
// tests of ASP.NET Core's lifetime managers, alone and in scale-out: real
// servers on the backplane, real clients on WebSockets. A backplane passes both:
//
//	func TestMesh(t *testing.T) {
//		backplanetest.Run(t, openMeshes)
//		backplanetest.RunSpec(t, openMeshes)
//	}
//
// where openMeshes returns so many backplanes that know each other already. Their
// Close methods, if they have them, are called at the end of each test; without
// them the tests of leaving are left out.
//
// The tests wait for events, never for a time to pass. What does not happen
// within Patience has failed.
package backplanetest
