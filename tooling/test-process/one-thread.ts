import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

// Loaded before a process's own program. Models get as many threads as the machine has cores: here it has one.
os.availableParallelism = () => 1;
syncBuiltinESMExports();
