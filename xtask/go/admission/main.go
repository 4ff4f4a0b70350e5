// Command admission asks webhooks as the API server does, by the API server's own code:
//
//	admission URL CA_FILE TIMEOUT_SECONDS mutate|validate IMAGE...
//
// It admits one pod with these images. It prints "allowed" and the images of the pod as they are then, or
// "denied" with the status code and the message, and ends with 0 or 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/mutating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

func main() {
	url, caFile, kind, images := os.Args[1], os.Args[2], os.Args[4], os.Args[5:]
	seconds, err := strconv.Atoi(os.Args[3])
	check(err)
	ca, err := os.ReadFile(caFile)
	check(err)
	client := fake.NewClientset(registrations(url, ca, int32(seconds))...)
	factory := informers.NewSharedInformerFactory(client, 0)

	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default"},
	}
	for number, image := range images {
		name := "c" + strconv.Itoa(number)
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: name, Image: image})
	}
	attributes := admission.NewAttributesRecord(pod, nil, schema.GroupVersionKind{Version: "v1", Kind: "Pod"},
		"default", "p", schema.GroupVersionResource{Version: "v1", Resource: "pods"}, "", admission.Create,
		&metav1.CreateOptions{}, false, &user.DefaultInfo{Name: "somebody"})
	objects := admission.NewObjectInterfacesFromScheme(scheme.Scheme)

	if kind == "mutate" {
		plugin, err := mutating.NewMutatingWebhook(nil)
		check(err)
		prepare(plugin, client, factory)
		err = plugin.Admit(context.Background(), attributes, objects)
		tell(err, pod)
		return
	}
	plugin, err := validating.NewValidatingAdmissionWebhook(nil)
	check(err)
	prepare(plugin, client, factory)
	tell(plugin.Validate(context.Background(), attributes, objects), pod)
}

type plugin interface {
	SetServiceResolver(webhook.ServiceResolver)
	SetAuthenticationInfoResolverWrapper(webhook.AuthenticationInfoResolverWrapper)
	SetExternalKubeClientSet(kubernetes.Interface)
	SetExternalKubeInformerFactory(informers.SharedInformerFactory)
	ValidateInitialization() error
	WaitForReady() bool
}

func prepare(it plugin, client kubernetes.Interface, factory informers.SharedInformerFactory) {
	it.SetServiceResolver(webhook.NewDefaultServiceResolver())
	it.SetAuthenticationInfoResolverWrapper(func(inner webhook.AuthenticationInfoResolver) webhook.AuthenticationInfoResolver {
		return &webhook.AuthenticationInfoResolverDelegator{
			ClientConfigForFunc: func(string) (*rest.Config, error) { return &rest.Config{}, nil },
			ClientConfigForServiceFunc: func(string, string, int) (*rest.Config, error) {
				return &rest.Config{}, nil
			},
		}
	})
	it.SetExternalKubeClientSet(client)
	it.SetExternalKubeInformerFactory(factory)
	check(it.ValidateInitialization())
	// Whoever starts them before has informers that nobody asked for.
	factory.Start(context.Background().Done())
	factory.WaitForCacheSync(context.Background().Done())
	for begun := time.Now(); !it.WaitForReady(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			check(errors.New("the webhooks are not read"))
		}
	}
}

func registrations(url string, ca []byte, seconds int32) []runtime.Object {
	fail, none := admissionv1.Fail, admissionv1.SideEffectClassNone
	equivalent, scope := admissionv1.Equivalent, admissionv1.AllScopes
	to := func(path string) admissionv1.WebhookClientConfig {
		at := url + path
		return admissionv1.WebhookClientConfig{URL: &at, CABundle: ca}
	}
	rules := []admissionv1.RuleWithOperations{{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}, Scope: &scope},
	}}
	selector, reinvoke := &metav1.LabelSelector{}, admissionv1.IfNeededReinvocationPolicy
	return []runtime.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}},
		&admissionv1.ValidatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "cutaway"},
			Webhooks: []admissionv1.ValidatingWebhook{{
				Name: "validate.cutaway.example", ClientConfig: to("/validate"), Rules: rules, FailurePolicy: &fail,
				MatchPolicy: &equivalent, NamespaceSelector: selector, ObjectSelector: selector, SideEffects: &none,
				TimeoutSeconds: &seconds, AdmissionReviewVersions: []string{"v1"},
			}},
		},
		&admissionv1.MutatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "cutaway"},
			Webhooks: []admissionv1.MutatingWebhook{{
				Name: "mutate.cutaway.example", ClientConfig: to("/mutate"), Rules: rules, FailurePolicy: &fail,
				MatchPolicy: &equivalent, NamespaceSelector: selector, ObjectSelector: selector, SideEffects: &none,
				TimeoutSeconds: &seconds, AdmissionReviewVersions: []string{"v1"}, ReinvocationPolicy: &reinvoke,
			}},
		},
	}
}

func tell(err error, pod *corev1.Pod) {
	if err == nil {
		var images []string
		for _, container := range pod.Spec.Containers {
			images = append(images, container.Image)
		}
		fmt.Println("allowed", strings.Join(images, " "))
		return
	}
	var status apierrors.APIStatus
	code := int32(0)
	if errors.As(err, &status) {
		code = status.Status().Code
	}
	fmt.Println("denied", code, err)
	os.Exit(1)
}

func check(err error) {
	if err != nil {
		fmt.Println("error", err)
		os.Exit(2)
	}
}
