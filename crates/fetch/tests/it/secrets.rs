//! A canary: whatever goes wrong, no error, `Debug` or log shows a secret (rows A12 and T16).
