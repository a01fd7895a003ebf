package diagnose

import "testing"

func TestSamplesHaveTheirExplanations(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range samples() {
		got := s.explain()
		if got.ID != s.id {
			t.Errorf("%v is explained as %s, want %s", s.err, got.ID, s.id)
		}
		if got.More != page+"#"+got.ID {
			t.Errorf("%s: more is %s", s.id, got.More)
		}
		checkWhole(t, got)
		if placeholder.MatchString(got.Cause + got.Fix) {
			t.Errorf("%s: a placeholder is left: %+v", s.id, got)
		}
		seen[s.id] = true
	}
	for _, e := range catalog {
		if !seen[e.id] {
			t.Errorf("no sample is explained as %s", e.id)
		}
	}
}
