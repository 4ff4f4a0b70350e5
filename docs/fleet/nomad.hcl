# As kubernetes.yaml, for Nomad: eight allocations of one group, each with its index.
job "cutaway" {
  type = "batch"

  group "parts" {
    count = 8

    volume "work" {
      type            = "csi"
      source          = "cutaway"
      access_mode     = "multi-node-multi-writer"
      attachment_mode = "file-system"
    }

    task "cutaway" {
      driver = "docker"

      volume_mount {
        volume      = "work"
        destination = "/data"
      }

      config {
        image   = "registry.example.com/tools/cutaway:latest"
        command = "sh"
        args = ["-c", <<EOF
cutaway scan --from /data/images.txt --format json \
  --shard "$NOMAD_ALLOC_INDEX/8" --shard-by base \
  --cache-dir /data/cache --resume "/data/part-$NOMAD_ALLOC_INDEX.jsonl"
status=$?
case $status in 0|1|5) exit 0 ;; *) exit $status ;; esac
EOF
        ]
      }
    }
  }
}
