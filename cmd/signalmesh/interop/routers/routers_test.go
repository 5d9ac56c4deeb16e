package routers

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/signalr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Hub is the hub of the tests.
type Hub struct{}

// Echo returns its argument.
func (Hub) Echo(s string) string { return s }

// A statusWriter is the response writer of a middleware that logs.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logging is a middleware of which http.ResponseController sees what is inside.
func logging(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(&statusWriter{ResponseWriter: w}, r) })
}

// hiding is a middleware that hides what is inside.
func hiding(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	})
}

func serveMux(server http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/chat", server)
	mux.Handle("/chat/", server)
	return mux
}

func chiRouter(server http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Use(chimiddleware.RequestID, chimiddleware.RequestLogger(&chimiddleware.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0)}),
		chimiddleware.Recoverer, chimiddleware.Compress(5, "text/event-stream", "text/plain"))
	r.Handle("/chat", server)
	r.Handle("/chat/*", server)
	return r
}

func ginRouter(server http.Handler) http.Handler {
	gin.SetMode(gin.TestMode)
	gin.DefaultWriter, gin.DefaultErrorWriter = io.Discard, io.Discard
	r := gin.Default()
	r.Any("/chat", gin.WrapH(server))
	r.Any("/chat/negotiate", gin.WrapH(server))
	return r
}

func echoRouter(server http.Handler) http.Handler {
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	e.Use(echomiddleware.Recover(), echomiddleware.RequestLoggerWithConfig(echomiddleware.RequestLoggerConfig{
		LogStatus: true, LogValuesFunc: func(echo.Context, echomiddleware.RequestLoggerValues) error { return nil },
	}))
	e.Any("/chat", echo.WrapHandler(server))
	e.Any("/chat/negotiate", echo.WrapHandler(server))
	return e
}

func withTimeout(server http.Handler) http.Handler {
	return http.TimeoutHandler(server, time.Minute, "")
}

// around mounts a router inside a middleware.
func around(middleware, router func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(server http.Handler) http.Handler { return middleware(router(server)) }
}

// within mounts a middleware inside a router.
func within(router, middleware func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(server http.Handler) http.Handler { return router(middleware(server)) }
}

// serve serves a hub at /chat through a router, until the test ends.
func serve(t *testing.T, router func(http.Handler) http.Handler) client {
	server, err := signalr.NewServer(signalr.Options{Hubs: []signalr.HubOptions{{Path: "/chat", Hub: Hub{}}}})
	require.NoError(t, err)
	web := httptest.NewServer(router(server))
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return client{t, web.URL + "/chat"}
}

func TestEveryTransportWorksBehindRouters(t *testing.T) {
	for name, router := range map[string]func(http.Handler) http.Handler{
		"ServeMux": serveMux, "chi": chiRouter, "gin": ginRouter, "echo": echoRouter,
		"logging around ServeMux": around(logging, serveMux), "logging around chi": around(logging, chiRouter),
		"logging around gin": around(logging, ginRouter), "logging around echo": around(logging, echoRouter),
		"logging in chi": within(chiRouter, logging), "logging in gin": within(ginRouter, logging), "logging in echo": within(echoRouter, logging),
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, router)
			c.webSockets()
			c.events()
			c.polls()
		})
	}
}

func TestWhatMiddlewareHidesIsRefusedAndPollsWork(t *testing.T) {
	upgrade := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	for name, router := range map[string]func(http.Handler) http.Handler{
		"TimeoutHandler": withTimeout, "TimeoutHandler around chi": around(withTimeout, chiRouter),
		"TimeoutHandler around gin": around(withTimeout, ginRouter), "TimeoutHandler around echo": around(withTimeout, echoRouter),
		"TimeoutHandler in chi": within(chiRouter, withTimeout), "TimeoutHandler in gin": within(ginRouter, withTimeout), "TimeoutHandler in echo": within(echoRouter, withTimeout),
		"hiding in ServeMux": within(serveMux, hiding), "hiding around gin": around(hiding, ginRouter), "hiding around echo": around(hiding, echoRouter),
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, router)
			c.refused("", upgrade)
			c.refused("text/event-stream", http.Header{})
			c.polls()
		})
	}
}
