package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// Count counts a call and returns its number, from 1.
func (s *Store) Count() (int, error) {
	data, err := os.ReadFile(s.path("calls"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read the number of calls: %w", err)
	}
	count, _ := strconv.Atoi(strings.TrimSpace(string(data))) // no file yet is 0
	return count + 1, s.SetCount(count + 1)
}

// SetCount says how many calls there have been.
func (s *Store) SetCount(count int) error {
	if err := os.WriteFile(s.path("calls"), []byte(strconv.Itoa(count)+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the number of calls: %w", err)
	}
	return nil
}

// Log appends a call's words to calls.log as one line that a shell reads back.
func (s *Store) Log(words []string) error {
	file, err := os.OpenFile(s.path("calls.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of calls: %w", err)
	}
	line := "az"
	for _, word := range words {
		line += " " + quote(word)
	}
	_, err = file.WriteString(line + "\n")
	return errors.Join(err, file.Close())
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

// quote puts a word between single quotes unless every shell takes it as it is.
func quote(word string) string {
	special := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-", r)
	}
	if word != "" && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
}
