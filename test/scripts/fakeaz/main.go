package main

import "os"

func main() {
	az := cli{env: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(az.run(os.Args[1:]))
}
