package node

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnAlertIsListedWhileItsConditionHolds(t *testing.T) {
	var log strings.Builder
	a := newAlerts(slog.New(slog.NewTextHandler(&log, nil)))
	text := ""
	a.watch("open-files", func() string { return text })
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	list := a.look(now)
	assert.NotNil(t, list)
	assert.Empty(t, list)
	text = "full: 1"
	require.Equal(t, []Alert{{"open-files", "full: 1", now}}, a.look(now))
	text = "full: 2"
	require.Equal(t, []Alert{{"open-files", "full: 2", now}}, a.look(now.Add(time.Second)), "since is the beginning")
	assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), "once")
	assert.Contains(t, log.String(), `msg="full: 1" alert=open-files`)
	text = ""
	assert.Empty(t, a.look(now.Add(time.Minute)))
	assert.Contains(t, log.String(), `msg="alert ended" alert=open-files lasted=1m0s`)
}

func TestAnAlertOnACounterEndsByItself(t *testing.T) {
	var log strings.Builder
	a := newAlerts(slog.New(slog.NewTextHandler(&log, nil)))
	total := uint64(7)
	a.count("refused", func() uint64 { return total }, func(n uint64) string { return strings.Repeat("x", int(n)) })
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	assert.Empty(t, a.look(now), "what was counted before is no news")
	total = 9
	assert.Equal(t, []Alert{{"refused", "xx", now}}, a.look(now))
	total = 10
	a.look(now.Add(9 * time.Minute))
	assert.Equal(t, []Alert{{"refused", "xxx", now}}, a.look(now.Add(18*time.Minute)))
	assert.Empty(t, a.look(now.Add(19*time.Minute)))
	total = 11
	later := now.Add(time.Hour)
	assert.Equal(t, []Alert{{"refused", "x", later}}, a.look(later), "counted anew")
	assert.Empty(t, log.String())
}

func TestAlertsAreAGauge(t *testing.T) {
	a := newAlerts(slog.New(slog.DiscardHandler))
	text := ""
	a.watch("open-files", func() string { return text })
	gauge := func(value string) string {
		return "# HELP signalmesh_node_alert 1 while the condition of the alert holds, and 0 otherwise.\n# TYPE signalmesh_node_alert gauge\n" +
			`signalmesh_node_alert{alert="open-files"} ` + value + "\n"
	}
	require.NoError(t, testutil.CollectAndCompare(a, strings.NewReader(gauge("0"))))
	text = "full"
	require.NoError(t, testutil.CollectAndCompare(a, strings.NewReader(gauge("1"))))
}
