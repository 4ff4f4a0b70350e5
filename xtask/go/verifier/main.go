// Command verifier asks image verifiers as containerd does, by containerd's own code:
//
//	verifier BIN_DIR NAME DIGEST [TIMEOUT]
//
// It prints "allowed: REASON", "denied: REASON" or "error: WHY", and ends with 0, 1 or 2.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/containerd/containerd/v2/pkg/imageverifier/bindir"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	config := bindir.Config{BinDir: os.Args[1], MaxVerifiers: 10, PerVerifierTimeout: 10_000_000_000}
	if len(os.Args) > 4 {
		config.PerVerifierTimeout = 2_000_000_000
	}
	root := ocispec.Descriptor{
		MediaType: ocispec.MediaTypeImageIndex,
		Digest:    digest.Digest(os.Args[3]),
		Size:      1234,
	}
	judgement, err := bindir.NewImageVerifier(&config).VerifyImage(context.Background(), os.Args[2], root)
	switch {
	case err != nil:
		fmt.Println("error:", err)
		os.Exit(2)
	case !judgement.OK:
		fmt.Println("denied:", judgement.Reason)
		os.Exit(1)
	default:
		fmt.Println("allowed:", judgement.Reason)
	}
}
