package localazure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// tokenName is the file that the workload identity webhook projects into
	// /var/run/secrets/azure/tokens.
	tokenName = "azure-identity-token"
	dataLink  = "..data"
	// grace is how long a replaced version stays, for readers that followed
	// ..data just before it changed and have not opened the file yet. The kubelet
	// leaves them to fail.
	grace = time.Minute
)

// projectedToken is a service account token in a file, replaced as the kubelet
// replaces the files of a projected volume: the file is a link through ..data to
// a directory per version, and renaming a new link over ..data swaps versions.
// A reader finds the old token or the new one, never none and never half of one.
// See https://kubernetes.io/docs/concepts/storage/projected-volumes/ and the
// AtomicWriter of the kubelet.
type projectedToken struct {
	dir      string
	replaced []tokenVersion // that are still there, oldest first
}

type tokenVersion struct {
	dir string // relative to that of the token
	at  time.Time
}

func (p *projectedToken) path() string { return filepath.Join(p.dir, tokenName) }

// write replaces the token. Calls must not overlap.
func (p *projectedToken) write(token string) error {
	if err := p.replace(token); err != nil {
		return fmt.Errorf("write service account token: %w", err)
	}
	return nil
}

func (p *projectedToken) replace(token string) error {
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return err
	}
	version, err := os.MkdirTemp(p.dir, time.Now().UTC().Format("..2006_01_02_15_04_05."))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(version, tokenName), []byte(token), 0o600); err != nil {
		return err
	}
	data := filepath.Join(p.dir, dataLink)
	previous, err := os.Readlink(data)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	next := filepath.Join(p.dir, dataLink+"_tmp")
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(filepath.Base(version), next); err != nil {
		return err
	}
	if err := os.Rename(next, data); err != nil {
		return err
	}
	if previous == "" {
		return os.Symlink(filepath.Join(dataLink, tokenName), p.path())
	}
	p.replaced = append(p.replaced, tokenVersion{dir: previous, at: time.Now()})
	return p.prune()
}

// prune removes the versions that were replaced long ago.
func (p *projectedToken) prune() error {
	for len(p.replaced) > 0 && time.Since(p.replaced[0].at) >= grace {
		if err := os.RemoveAll(filepath.Join(p.dir, p.replaced[0].dir)); err != nil {
			return err
		}
		p.replaced = p.replaced[1:]
	}
	return nil
}
