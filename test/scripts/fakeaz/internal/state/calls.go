package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

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
