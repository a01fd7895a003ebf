package e2e

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
)

// podLog returns what kubectl logs shows, or why it shows nothing.
func podLog(ctx context.Context, cfg *envconf.Config, pod *corev1.Pod) string {
	client, err := kubernetes.NewForConfig(cfg.Client().RESTConfig())
	if err != nil {
		return err.Error()
	}
	log, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(ctx)
	if err != nil {
		return err.Error()
	}
	return string(log)
}

// names lists the objects in a list as KIND/NAME.
func names(list k8s.ObjectList) []string {
	var found []string
	_ = meta.EachListItem(list, func(object runtime.Object) error { // the function fails never
		found = append(found, fmt.Sprintf("%T/%s", object, object.(k8s.Object).GetName()))
		return nil
	})
	return found
}

// describePods says what became of the pods in a namespace.
func describePods(ctx context.Context, cfg *envconf.Config, namespace string) string {
	var text strings.Builder
	var events corev1.EventList
	var pods corev1.PodList
	// What cannot be read is missing from the text, no more.
	_ = cfg.Client().Resources(namespace).List(ctx, &events, resources.WithFieldSelector("type!=Normal"))
	_ = cfg.Client().Resources(namespace).List(ctx, &pods)
	for _, event := range events.Items {
		fmt.Fprintf(&text, "event of %s %s: %s\n", event.InvolvedObject.Kind, event.InvolvedObject.Name, event.Message)
	}
	for _, pod := range pods.Items {
		fmt.Fprintf(&text, "pod %s is %s\n", pod.Name, pod.Status.Phase)
		for _, status := range pod.Status.ContainerStatuses {
			fmt.Fprintf(&text, "container %s: %s\n", status.Name, status.State.String())
		}
		fmt.Fprintf(&text, "kubectl logs %s:\n%s\n", pod.Name, podLog(ctx, cfg, &pod))
	}
	return text.String()
}
