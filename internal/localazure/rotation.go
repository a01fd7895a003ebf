package localazure

import (
	"cmp"
	"context"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

// rotate replaces the token until ctx is done.
func (s *Sandbox) rotate(ctx context.Context) {
	ticker := time.NewTicker(max(s.cfg.TokenLifetime*8/10, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			err := s.RotateToken()
			s.mu.Lock()
			s.failed = err
			s.mu.Unlock()
		}
	}
}

// RotateToken replaces the token file by a fresh token.
func (s *Sandbox) RotateToken() error {
	return s.WriteToken(issuer.TokenOptions{})
}

// WriteToken replaces the token file by a token with the given options, until
// the next rotation. Subject, audience and lifetime default to
// the sandbox's.
func (s *Sandbox) WriteToken(o issuer.TokenOptions) error {
	o.Subject = cmp.Or(o.Subject, s.cfg.Subject)
	o.Audience = cmp.Or(o.Audience, s.audience())
	o.Lifetime = cmp.Or(o.Lifetime, s.cfg.TokenLifetime)
	token, err := s.issuer.Token(o)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token.write(token)
}
