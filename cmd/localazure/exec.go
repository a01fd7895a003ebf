package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

const execHelp = `Usage: localazure exec [flags] -- COMMAND [ARGUMENT...]

Runs COMMAND as if in a pod with a workload identity: with a projected service
account token that is rotated, and the environment of the workload identity
webhook and the quick start. HTTPS_PROXY, SSL_CERT_FILE and their like for other
languages lead to an Entra ID and a Key Vault that exist for as long as COMMAND
runs. Credentials and proxies that COMMAND would prefer are removed.

SIGINT and SIGTERM are passed on to COMMAND. The exit status is that of COMMAND,
128 + n if signal n ended it, 127 if it was not found.

Examples:
  localazure exec -- ./quickstart
  localazure exec -v --latency 40ms -- ./quickstart
  localazure exec --deny-secret rbac -- ./quickstart
  localazure exec --deny-secret firewall -- ./quickstart
  localazure exec --vault one --vault two --secret two/greeting=hi -- ./program
  localazure exec --cloud china --secret greeting=hi -- sh -c 'echo $KEYVAULT_URL'
`

// runExec returns the exit status of the command, or an error of its own.
func runExec(ctx context.Context, args []string, signals <-chan os.Signal, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	f := newFlagSet("exec", execHelp)
	var c conditions
	c.register(f)
	var cfg localazure.SandboxConfig
	f.BoolVar(&cfg.IdentityBinding, "identity-binding", false, "get tokens through the token proxy of an AKS identity binding")
	f.BoolVar(&cfg.NoFederatedCredential, "no-federated-credential", false, "leave the application without a federated identity credential")
	f.duration(&cfg.TokenLifetime, "token-lifetime", "`duration` of the life of service account tokens (default 1h)")
	f.duration(&cfg.AccessTokenLifetime, "access-token-lifetime", "`duration` of the life of access tokens (default 1h, 24h for a managed identity)")
	f.StringVar(&cfg.Subject, "subject", issuer.DefaultSubject, "`subject` of the service account tokens")
	verbose := f.Bool("v", false, "log requests to standard error")
	if err := f.parse(args, stdout); err != nil {
		return 0, err
	}
	if len(f.problems) == 0 && f.NArg() == 0 {
		f.problem("a COMMAND is missing, after --")
	}
	c.checkControlPlane(f)
	if err := f.check(); err != nil {
		return 0, err
	}
	c.assignRoles()
	cfg.World, cfg.Latency, cfg.Faults = c.world, c.latency, c.faults
	if *verbose {
		cfg.OnRequest = logRequests(newLogger(stderr))
	}

	sandbox, err := localazure.StartSandbox(ctx, cfg)
	if err != nil {
		return 0, err
	}
	command := exec.CommandContext(ctx, f.Arg(0), f.Args()[1:]...)
	command.Env = childEnviron(os.Environ(), sandbox.Environ())
	command.Stdin, command.Stdout, command.Stderr = stdin, stdout, stderr
	status, err := runCommand(command, signals)
	return status, errors.Join(err, sandbox.Close())
}

// childEnviron is own, without what is unwanted there, and then additions, which
// take precedence. The options of JVMs come after those that are there.
func childEnviron(own, additions []string) []string {
	const jvm = "JAVA_TOOL_OPTIONS="
	options := ""
	env := slices.DeleteFunc(slices.Clone(own), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(variable, jvm) {
			options = variable[len(jvm):] + " "
		}
		return slices.Contains(localazure.Unwanted(), name)
	})
	for _, variable := range additions {
		if value, ok := strings.CutPrefix(variable, jvm); ok {
			variable = jvm + options + value
		}
		env = append(env, variable)
	}
	return env
}

// runCommand passes signals on to command until it ends.
func runCommand(command *exec.Cmd, signals <-chan os.Signal) (int, error) {
	switch err := command.Start(); {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return exitNotFound, report(command, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOEXEC):
		return exitNotExecutable, report(command, err)
	case err != nil:
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case sig := <-signals:
			if sig == os.Interrupt && inForeground() {
				continue // the terminal has sent it to the command, too
			}
			// The command may have ended meanwhile, which Wait then tells.
			_ = command.Process.Signal(sig)
		case err := <-ended:
			return exitStatus(command.ProcessState, err)
		}
	}
}

// report says on the command's behalf why it could not start.
func report(command *exec.Cmd, err error) error {
	_, printErr := fmt.Fprintf(command.Stderr, "localazure: start %s: %v\n", command.Path, err)
	return printErr
}

func exitStatus(state *os.ProcessState, err error) (int, error) {
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return 0, fmt.Errorf("wait for the command: %w", err)
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return state.ExitCode(), nil
}
