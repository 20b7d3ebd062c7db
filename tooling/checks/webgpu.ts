import { spawnSync } from "node:child_process";
import { findSoftwareGpu } from "@drum/test-browser";

/**
 * Runs on a GPU what the other tests run on the CPU: operators, and whole runs of all families, plain and personalised. In software it
 * takes an hour. `pnpm webgpu` takes vitest's arguments: `pnpm webgpu families -t sd3`.
 */
const FILES = ["packages/graph/src/ops.test.ts", "test/golden/families.test.ts", "test/golden/p", "test/browser/tiny"];
const given = process.argv.slice(2);
const args = ["run", ...(given[0] === undefined || given[0].startsWith("-") ? FILES : []), ...given];
// A machine's own GPU, where it has one that is wanted: VK_DRIVER_FILES names its driver.
const env = { ...process.env, ...(await findSoftwareGpu()), TEST_DEVICE: "webgpu" };
const { status } = spawnSync("vitest", [...args, "--testTimeout=1800000"], { env, stdio: "inherit" });
process.exitCode = status ?? 1;
