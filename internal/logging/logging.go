package logging

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// detailed is the verbosity from which on libraries log what they do.
const detailed klog.Level = 2

// AddFlags adds klog's -v to flags. klog's other flags are about files, which a
// container does not write.
func AddFlags(flags *flag.FlagSet) {
	var all flag.FlagSet
	klog.InitFlags(&all)
	v := all.Lookup("v")
	flags.Var(v.Value, v.Name, v.Usage)
}

// New returns the logger of the program, and the same for libraries that log through
// package slog. Text goes to standard error in klog's format. JSON goes to w, one
// object a line with time, level, caller, msg and the logged values, and so does what
// libraries log through klog.
//
// With -v 2, debug records of package slog and the events of the Azure SDK are
// logged, too: its requests, responses and retries. Call New before the SDK is used.
func New(asJSON bool, w io.Writer) (logr.Logger, *slog.Logger) {
	handler := logr.ToSlogHandler(klog.Background())
	if asJSON {
		handler = slog.NewJSONHandler(w, &slog.HandlerOptions{
			AddSource:   true,
			Level:       slog.Level(-127), // klog's -v decides
			ReplaceAttr: shortenSource,
		})
		klog.SetLogger(logr.FromSlogHandler(handler))
	}
	log := klog.Background()
	if klog.V(detailed).Enabled() {
		azlog.SetListener(func(event azlog.Event, text string) {
			log.Info("Azure SDK", "event", string(event), "details", inOneLine(text))
		})
	}
	return log, slog.New(verbose{handler, nil})
}

// verbose is a handler that klog's -v applies to. It keeps attributes itself, since
// klog's handler loses them.
type verbose struct {
	slog.Handler
	attrs []slog.Attr
}

func (verbose) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || klog.V(detailed).Enabled()
}

func (v verbose) Handle(ctx context.Context, record slog.Record) error {
	record = record.Clone()
	record.AddAttrs(v.attrs...)
	return v.Handler.Handle(ctx, record)
}

func (v verbose) WithAttrs(attrs []slog.Attr) slog.Handler {
	return verbose{v.Handler, append(slices.Clone(v.attrs), attrs...)}
}

func (v verbose) WithGroup(name string) slog.Handler {
	return verbose{v.Handler.WithGroup(name), v.attrs}
}

// jwt matches what is shaped like a token, in case an event quotes one. The SDK
// itself redacts headers and queries, and logs no bodies.
var jwt = regexp.MustCompile(`eyJ[\w-]*\.[\w-]*(\.[\w-]*)?`)

func inOneLine(text string) string {
	return strings.Join(strings.Fields(jwt.ReplaceAllString(text, "[token]")), " ")
}

// shortenSource writes the place of a log call as klog's text does.
func shortenSource(groups []string, attr slog.Attr) slog.Attr {
	if source, ok := attr.Value.Any().(*slog.Source); ok && len(groups) == 0 && attr.Key == slog.SourceKey {
		return slog.String("caller", fmt.Sprintf("%s:%d", filepath.Base(source.File), source.Line))
	}
	return attr
}
