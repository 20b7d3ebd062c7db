import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

// For a file of tests whose models are to run as for a user, in as many threads as the machine has cores.
os.availableParallelism = () => os.cpus().length;
syncBuiltinESMExports();
