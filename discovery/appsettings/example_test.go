package appsettings_test

import (
	"fmt"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
)

func Example() {
	config, problems := appsettings.Load(appsettings.Options{
		Path:    "testdata/appsettings.json",
		Environ: []string{"NCacheConfiguration__ConnectionOptions__RetryInterval=3"},
	})
	if config == nil {
		fmt.Println(problems.Err())
		return
	}
	settings, problems := config.NCache()
	for _, p := range problems {
		fmt.Println(p.Severity, p)
	}
	fmt.Println(settings.CacheName, settings.Application())
	for _, e := range config.Section("NCacheConfiguration:ConnectionOptions").Entries()[:4] {
		fmt.Printf("%s = %s (%v)\n", e.Key, e.Shown(), e.Origin)
	}
	// Output:
	// scoresHub live-board
	// NCacheConfiguration:ConnectionOptions:AppName = board-web (testdata/appsettings.json:7:7)
	// NCacheConfiguration:ConnectionOptions:ConnectionRetries = 4 (testdata/appsettings.json:8:7)
	// NCacheConfiguration:ConnectionOptions:LogLevel = error (testdata/appsettings.json:10:7)
	// NCacheConfiguration:ConnectionOptions:RetryInterval = 3 (environment variable NCacheConfiguration__ConnectionOptions__RetryInterval)
}
