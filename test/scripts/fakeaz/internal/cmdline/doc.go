// Package cmdline reads command lines as the Azure CLI's parser does, and
// refuses them with its words.
//
// commands.txt has every command that the stand-in knows with all options of
// Azure CLI 2.45, recorded from its own parser, and workload identity's option
// of aks, which came with 2.47. After a command's name and a colon come its
// options, spelt in every way: "--name/-n". Behind that, "=" stands for a value,
// "=?" for one that may be missing, "=*" for any number and "=+" for one or more;
// "#" for whole numbers, "{a,b}" for the choices and "!" for a required option.
// An option without "=" is a flag.
package cmdline
