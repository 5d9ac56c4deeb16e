package manifests

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/kubectl-validate/pkg/utils"
	"sigs.k8s.io/yaml"
)

// A Set is the manifests that are applied together.
type Set struct {
	Deployments []appsv1.Deployment
	Services    []corev1.Service
	Budgets     []policyv1.PodDisruptionBudget
}

// Add decodes the documents of a YAML file into the set. Kinds that no rule is about are
// left out.
func (s *Set) Add(file []byte) error {
	documents, err := utils.SplitYamlDocuments(file)
	if err != nil {
		return err
	}
	for _, document := range documents {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return err
		}
		switch kind.Kind {
		case "Deployment":
			s.Deployments, err = appendDecoded(s.Deployments, document)
		case "Service":
			s.Services, err = appendDecoded(s.Services, document)
		case "PodDisruptionBudget":
			s.Budgets, err = appendDecoded(s.Budgets, document)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kind.Kind, err)
		}
	}
	return nil
}

func appendDecoded[T any](all []T, document []byte) ([]T, error) {
	var object T
	err := yaml.UnmarshalStrict(document, &object)
	return append(all, object), err
}

// Check returns which rules the set breaks that no schema has.
func (s *Set) Check() (err error) {
	if len(s.Deployments) != 1 {
		return fmt.Errorf("%d Deployments; a set has one", len(s.Deployments))
	}
	pod := s.Deployments[0].Spec.Template
	if !selects(s.Deployments[0].Spec.Selector, pod.Labels) {
		err = errors.Join(err, errors.New("the Deployment does not select its pods"))
	}
	if len(s.Budgets) != 1 || !selects(s.Budgets[0].Spec.Selector, pod.Labels) {
		err = errors.Join(err, errors.New("no PodDisruptionBudget selects the pods"))
	}
	return errors.Join(err, s.checkServices(pod), s.checkNode(pod.Spec), checkContainers(pod.Spec))
}

func selects(selector *metav1.LabelSelector, pod map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && !s.Empty() && s.Matches(labels.Set(pod))
}

func (s *Set) checkServices(pod corev1.PodTemplateSpec) (err error) {
	var ports []string
	for _, c := range containers(pod.Spec) {
		for _, p := range c.Ports {
			ports = append(ports, p.Name)
		}
	}
	for _, service := range s.Services {
		fail := func(text string) { err = errors.Join(err, fmt.Errorf("service %s: %s", service.Name, text)) }
		if !labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(pod.Labels)) {
			fail("does not select the pods")
		}
		for _, p := range service.Spec.Ports {
			if !slices.Contains(ports, p.TargetPort.String()) {
				fail("no container has the port " + p.TargetPort.String())
			}
		}
		if p := service.Spec.IPFamilyPolicy; p == nil || *p != corev1.IPFamilyPolicyPreferDualStack {
			fail("ipFamilyPolicy is not PreferDualStack: with IPv6 only it must have IPv6 addresses, too")
		}
		if service.Spec.ClusterIP == corev1.ClusterIPNone && !service.Spec.PublishNotReadyAddresses {
			fail("publishNotReadyAddresses is not set: servers must find each other before they are ready")
		}
	}
	return err
}

// checkNode checks the container that runs signalmesh.
func (s *Set) checkNode(pod corev1.PodSpec) (err error) {
	fail := func(text string) { err = errors.Join(err, errors.New("container signalmesh: "+text)) }
	all := containers(pod)
	i := slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == "signalmesh" })
	if i < 0 {
		return errors.New("no container is named signalmesh")
	}
	c := all[i]
	if c.StartupProbe == nil || c.ReadinessProbe == nil || c.LivenessProbe == nil {
		fail("it needs a startup, a readiness and a liveness probe")
	}
	timeout, timeErr := time.ParseDuration(flag(c, "--drain-timeout"))
	if timeErr != nil {
		fail("--drain-timeout is not given: " + timeErr.Error())
	}
	const leave = 3 * time.Second // a node takes so long to leave the mesh after the drain, at most
	if grace := pod.TerminationGracePeriodSeconds; grace == nil || time.Duration(*grace)*time.Second <= timeout+leave {
		fail("terminationGracePeriodSeconds is not longer than --drain-timeout and 3 s")
	}
	seed, _, _ := strings.Cut(flag(c, "--bootstrap"), ":")
	if !slices.ContainsFunc(s.Services, func(v corev1.Service) bool {
		return v.Name == seed && v.Spec.ClusterIP == corev1.ClusterIPNone
	}) {
		fail(fmt.Sprintf("--bootstrap %q is not the name of the headless Service", seed))
	}
	return err
}

// ipv4 finds candidates for IPv4 literals.
var ipv4 = regexp.MustCompile(`\d+(\.\d+){3}`)

// checkContainers checks the rules for every container.
func checkContainers(pod corev1.PodSpec) (err error) {
	for _, c := range containers(pod) {
		fail := func(text string) { err = errors.Join(err, fmt.Errorf("container %s: %s", c.Name, text)) }
		if c.Image == "" {
			fail("it has no image")
		}
		if c.Lifecycle != nil {
			fail("it has a lifecycle hook; the node drains by itself")
		}
		if c.SecurityContext == nil || c.SecurityContext.AllowPrivilegeEscalation == nil || *c.SecurityContext.AllowPrivilegeEscalation {
			fail("it may escalate its privileges")
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Memory().IsZero() {
			fail("it has no request and no limit of memory")
		}
		texts := slices.Clone(c.Args)
		for _, v := range c.Env {
			texts = append(texts, v.Value)
			if strings.Contains(strings.ToLower(v.Name), "password") && v.ValueFrom == nil {
				fail(v.Name + " is not taken from a Secret")
			}
		}
		for _, literal := range ipv4.FindAllString(strings.Join(texts, "\n"), -1) {
			if _, notAddress := netip.ParseAddr(literal); notAddress == nil {
				fail(literal + " does not exist where there is only IPv6")
			}
		}
		for _, p := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
			if port := probed(p); port != "" && !slices.ContainsFunc(c.Ports, func(cp corev1.ContainerPort) bool { return cp.Name == port }) {
				fail("a probe asks port " + port + ", which it does not have")
			}
		}
	}
	return err
}

// probed returns the port of a probe, or "".
func probed(p *corev1.Probe) string {
	switch {
	case p == nil:
		return ""
	case p.HTTPGet != nil:
		return p.HTTPGet.Port.String()
	case p.TCPSocket != nil:
		return p.TCPSocket.Port.String()
	}
	return ""
}

func containers(pod corev1.PodSpec) []corev1.Container {
	return slices.Concat(pod.InitContainers, pod.Containers)
}

// flag returns the value of a flag in the arguments of a container, or "".
func flag(c corev1.Container, name string) string {
	for _, arg := range c.Args {
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			return value
		}
	}
	return ""
}
