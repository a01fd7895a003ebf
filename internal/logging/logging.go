package logging

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// AddFlags adds klog's -v to flags. klog's other flags are about files, which a
// container does not write.
func AddFlags(flags *flag.FlagSet) {
	var all flag.FlagSet
	klog.InitFlags(&all)
	v := all.Lookup("v")
	flags.Var(v.Value, v.Name, v.Usage)
}

// New returns the logger of the program. Text goes to standard error in klog's
// format. JSON goes to w, one object a line with time, level, caller, msg and the
// logged values, and so does what libraries log through klog.
func New(asJSON bool, w io.Writer) logr.Logger {
	if asJSON {
		klog.SetLogger(logr.FromSlogHandler(slog.NewJSONHandler(w, &slog.HandlerOptions{
			AddSource:   true,
			Level:       slog.Level(-127), // klog's -v decides
			ReplaceAttr: shortenSource,
		})))
	}
	return klog.Background()
}

// shortenSource writes the place of a log call as klog's text does.
func shortenSource(groups []string, attr slog.Attr) slog.Attr {
	if source, ok := attr.Value.Any().(*slog.Source); ok && len(groups) == 0 && attr.Key == slog.SourceKey {
		return slog.String("caller", fmt.Sprintf("%s:%d", filepath.Base(source.File), source.Line))
	}
	return attr
}
