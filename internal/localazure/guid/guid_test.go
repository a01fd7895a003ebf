package guid

import "testing"

func TestNewIsValidAndNew(t *testing.T) {
	a, b := New(), New()
	if !Valid(a) || a == b {
		t.Errorf("New() = %q and %q, want two different GUIDs", a, b)
	}
	if a[14] != '4' {
		t.Errorf("New() = %q, want version 4", a)
	}
}

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{
		"00000000-0000-0000-0000-000000000000":  true,
		"abcdef01-2345-6789-ABCD-EF0123456789":  true,
		"":                                      false,
		"abcdef0123456789abcdef0123456789":      false,
		"abcdef01-2345-6789-abcd-ef012345678":   false,
		"abcdef01-2345-6789-abcd-ef0123456789a": false,
		"gbcdef01-2345-6789-abcd-ef0123456789":  false,
		"abcdef01+2345-6789-abcd-ef0123456789":  false,
		"{bcdef01-2345-6789-abcd-ef0123456789}": false,
	} {
		if got := Valid(s); got != want {
			t.Errorf("Valid(%q) = %t, want %t", s, got, want)
		}
	}
}
