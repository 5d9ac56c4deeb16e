package main

import (
	"github.com/spf13/pflag"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/node/door"
)

// addEndpoint adds the flags of the encryption, the password and the limits of Redis
// endpoints.
func (f *nodeFlags) addEndpoint(flags *pflag.FlagSet) {
	defaults := door.AuthLimits{}.WithDefaults()
	flags.StringVar(&f.o.RedisTLSCert, "redis-tls-cert", "", "`path` of a PEM certificate with its chain: the Redis endpoints speak TLS (rediss://); read again when it changes")
	flags.StringVar(&f.o.RedisTLSKey, "redis-tls-key", "", "`path` of the PEM key of that certificate")
	flags.StringVar(&f.o.RedisPassword, "redis-password", "", "`password` of the Redis endpoints, instead of passwords of the mesh; better in SIGNALMESH_REDIS_PASSWORD")
	flags.StringVar(&f.redisSecret, "redis-password-file", "", "`path` of a file that holds that password")
	flags.DurationVar(&f.o.RedisLimits.Timeout, "redis-auth-timeout", defaults.Timeout, "how long a client of a Redis endpoint may take to authenticate")
	flags.IntVar(&f.o.RedisLimits.Total, "redis-unauthenticated", defaults.Total, "how many `connections` of a Redis endpoint may not have authenticated; the oldest is closed for a new one")
	flags.IntVar(&f.o.RedisLimits.PerAddress, "redis-unauthenticated-per-address", defaults.PerAddress, "how many (`n`) of them one address may have")
}

// addAdmission adds the flags of the limits of peers that are not admitted yet.
func (f *nodeFlags) addAdmission(flags *pflag.FlagSet) {
	timeout, defaults := node.DefaultAdmission()
	flags.DurationVar(&f.o.AdmissionTimeout, "admission-timeout", timeout, "how long a peer that connects may take until it is admitted")
	flags.IntVar(&f.o.Unadmitted.Total, "unadmitted", defaults.Total, "how many `connections` of peers may not be admitted yet; the oldest silent one is closed for a new one")
	flags.IntVar(&f.o.Unadmitted.Address, "unadmitted-per-address", defaults.Address, "how many (`n`) of them one address may have")
}
