package state

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// GUID derives an id from names, always the same one.
func GUID(names ...string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(names, "\x00"))))
	sum[6] = sum[6]&0x0f | 0x40 // version 4
	sum[8] = sum[8]&0x3f | 0x80 // and its variant
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// NewGUID is GUID for something that is made, and another one when it is made
// again: a deleted identity comes back with new ids.
func (s *State) NewGUID(names ...string) string {
	key := strings.ToLower(strings.Join(names, " "))
	if s.Made == nil {
		s.Made = map[string]int{}
	}
	s.Made[key]++
	if s.Made[key] == 1 {
		return GUID(names...)
	}
	return GUID(append(names, fmt.Sprint(s.Made[key]))...)
}
