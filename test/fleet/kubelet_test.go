package fleet

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestKubelet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		start, ended := time.Now(), 0
		var began []time.Duration
		kubelet(ctx, func() {
			began = append(began, time.Since(start))
			switch len(began) {
			case 9: // it runs long enough to be forgiven
				time.Sleep(forgiveness)
			case 11:
				stop()
			}
		}, func() { ended++ })
		s := time.Second
		want := []time.Duration{0, 0, 10 * s, 30 * s, 70 * s, 150 * s, 310 * s, 610 * s, 910 * s, 1510 * s, 1520 * s}
		if !slices.Equal(began, want) {
			t.Errorf("began after %v, want %v", began, want)
		}
		if ended != len(want)-1 {
			t.Errorf("%d ends", ended)
		}
	})
}
