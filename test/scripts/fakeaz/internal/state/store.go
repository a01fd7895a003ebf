package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Store is the folder that a State lives in.
type Store struct {
	dir  string
	lock *os.File
}

// Open makes the folder if need be and waits until no other call uses it.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the state's folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the state's lock: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the state: %w", err), lock.Close())
	}
	return &Store{dir: dir, lock: lock}, nil
}

// Close lets other calls in.
func (s *Store) Close() error { return s.lock.Close() }

// Load reads the state, or starts a fresh one.
func (s *Store) Load() (*State, error) {
	data, err := os.ReadFile(s.path("state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return Fresh(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	return decode(data)
}

func decode(data []byte) (*State, error) {
	var loaded State
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&loaded); err != nil {
		return nil, fmt.Errorf("decode the state: %w", err)
	}
	return &loaded, nil
}

// Save writes the state, all of it or nothing.
func (s *Store) Save(changed *State) error {
	data, err := json.MarshalIndent(changed, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the state: %w", err)
	}
	if err := os.WriteFile(s.path("state.json.new"), data, 0o600); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	if err := os.Rename(s.path("state.json.new"), s.path("state.json")); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }
