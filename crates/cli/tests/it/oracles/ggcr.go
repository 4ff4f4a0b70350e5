// Prints whom go-containerregistry takes for the user of a repository: an oracle for lookup.rs, which
// is told of it by CUTAWAY_TEST_GGCR. Build it in a module that requires
// github.com/google/go-containerregistry; v0.22.1 was asked.
package main

import (
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

func main() {
	repository, err := name.NewRepository(os.Args[1])
	if err != nil {
		fmt.Println("error")
		return
	}
	found, err := authn.DefaultKeychain.Resolve(repository)
	if err != nil {
		fmt.Println("error")
		return
	}
	if found == authn.Anonymous {
		fmt.Println("anonymous")
		return
	}
	config, err := found.Authorization()
	if err != nil {
		fmt.Println("error")
		return
	}
	fmt.Println(config.Username)
}
