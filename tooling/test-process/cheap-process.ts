import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { setFlagsFromString } from "node:v8";

// Loaded before a process's own program, by the settings' environment.

// Models get as many threads as the machine has cores: here it has one.
os.availableParallelism = () => 1;
syncBuiltinESMExports();

// Few processes of tests use the embedded Postgres for long enough to win what making its code better costs: half of a start.
for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);
