// Package manifests checks the Kubernetes manifests in docs/kubernetes, without a
// cluster and without the network.
//
// It is a separate module, so that the dependencies of Kubernetes are not those of
// signalmesh.
package manifests

import (
	"errors"
	"fmt"

	"sigs.k8s.io/kubectl-validate/pkg/openapiclient"
	"sigs.k8s.io/kubectl-validate/pkg/utils"
	"sigs.k8s.io/kubectl-validate/pkg/validator"
)

// KubernetesVersion is the newest version whose schemas are part of kubectl-validate.
const KubernetesVersion = "1.30"

// A Schema checks documents against the schemas of Kubernetes, with the code of the API
// server: unknown fields, types, required fields and names.
type Schema struct{ validator *validator.Validator }

// NewSchema returns the schemas of KubernetesVersion.
func NewSchema() (Schema, error) {
	v, err := validator.New(openapiclient.NewOverlay(
		openapiclient.HardcodedPatchLoader(KubernetesVersion),
		openapiclient.NewHardcodedBuiltins(KubernetesVersion),
	))
	return Schema{v}, err
}

// Check returns what is wrong with the documents of a YAML file.
func (s Schema) Check(file []byte) error {
	documents, err := utils.SplitYamlDocuments(file)
	if err != nil {
		return err
	}
	if len(documents) == 0 {
		return errors.New("the file has no document")
	}
	for i, document := range documents {
		_, object, parseErr := s.validator.Parse(document)
		if parseErr == nil {
			parseErr = s.validator.Validate(object)
		}
		if parseErr != nil {
			err = errors.Join(err, fmt.Errorf("document %d: %w", i+1, parseErr))
		}
	}
	return err
}
