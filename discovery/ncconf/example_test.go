package ncconf_test

import (
	"fmt"

	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

func Example() {
	const text = `<configuration>
  <ncache-server port="9800" connection-retries="3" retry-interval="2"/>
  <cache id="demoClusteredCache" load-balance="False">
    <server name="10.0.0.1"/>
    <server name="10.0.0.2" port="9801"/>
  </cache>
</configuration>`

	file, problems := ncconf.Parse("client.ncconf", []byte(text), ncconf.Options{})
	if file == nil {
		fmt.Println(problems.Err())
		return
	}
	cache, more := file.Cache("democlusteredcache")
	for _, p := range append(problems, more...) {
		fmt.Println(p.Severity, p)
	}
	fmt.Println(cache.Servers)
	fmt.Println(cache.RetryInterval.Value, "from", cache.RetryInterval.Origin)
	fmt.Println(cache.ConnectionTimeout.Value, "from", cache.ConnectionTimeout.Origin)
	// Output:
	// notice client.ncconf:5:29: port="9801" is used; NCache ignores it and dials the port of <ncache-server>
	// [10.0.0.1:9800 10.0.0.2:9801]
	// 2s from client.ncconf:2:53
	// 5s from default
}
