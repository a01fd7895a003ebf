package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/arm"
)

// registerControlPlane adds the flags of Azure Resource Manager and Microsoft Graph.
func (c *conditions) registerControlPlane(f *flagSet) {
	w, cp := &c.world, &c.world.ControlPlane
	cp.UserRole = "Owner"
	f.BoolVar(&w.Empty, "empty", false, "begin without the application and the vaults, with a user and an empty subscription")
	f.StringVar(&cp.Role, "role", "", "built-in `role` of the application in the subscription, such as Owner, Contributor or Reader (default none)")
	f.StringVar(&cp.UserRole, "user-role", "Owner", "built-in `role` of the user, or none")
	f.BoolVar(&cp.GraphRights, "graph-rights", false, "let the application use Microsoft Graph")
	f.StringVar(&cp.Cluster.Name, "cluster", "", "`name` of the AKS cluster that -kubeconfig and -issuer are of")
	f.value("kubeconfig", "`file` with the kubeconfig of an AKS cluster", func(v string) (err error) {
		cp.Cluster.Kubeconfig, err = os.ReadFile(v)
		return err
	})
	f.StringVar(&cp.Cluster.Issuer, "issuer", "", "`URL` of the issuer of its service account tokens")
	f.StringVar(&cp.Cluster.Failure, "cluster-failure", "", "`message` with which the creation of AKS clusters fails")
	f.IntVar(&cp.Cluster.Quota, "quota", 0, "`number` of vCPUs that AKS clusters may have of each family of VM sizes (default 10)")
	f.value("vm-size", "`size` that AKS clusters may have, a common few unless set; may be repeated", func(v string) error {
		cp.Cluster.VMSizes = append(cp.Cluster.VMSizes, v)
		return nil
	})
	f.value("delay", "`NAME=DURATION` that something takes; may be repeated. Names: "+strings.Join(arm.Delays(), ", "), func(v string) error {
		name, value, _ := strings.Cut(v, "=")
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || !slices.Contains(arm.Delays(), name) {
			return fmt.Errorf("%q is not of the form graph=30s with one of these names: %s", v, strings.Join(arm.Delays(), ", "))
		}
		if cp.Delays == nil {
			cp.Delays = map[arm.Delay]time.Duration{}
		}
		cp.Delays[arm.Delay(name)] = d
		return nil
	})
	f.value("clock", "`date` such as 2027-03-01 at which retired API versions are looked at (default today)", func(v string) (err error) {
		if cp.Clock, err = time.Parse(time.DateOnly, v); err != nil {
			return errors.New(strconv.Quote(v) + " is not a date such as 2027-03-01")
		}
		return nil
	})
	f.value("fault", "`'before|after METHOD HOST/PATH [TIMES]'` of requests whose connection is cut; may be repeated, and * stands for any characters",
		func(v string) error {
			fault, err := localazure.ParseFault(v)
			c.faults = append(c.faults, fault)
			return err
		})
}

// checkControlPlane is for after all flags are read.
func (c *conditions) checkControlPlane(f *flagSet) {
	if own := c.world.ControlPlane.Cluster; own.Name == "" && (own.Issuer != "" || len(own.Kubeconfig) > 0) {
		f.problem("-kubeconfig and -issuer need -cluster")
	}
}
