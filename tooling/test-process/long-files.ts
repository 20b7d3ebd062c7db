/**
 * Tests that take longest, from the root: crowds, long histories, processes that are killed, a database on a failing disk, a GPU
 * in software, and the study in miniature. They run apart from the others, in `pnpm test build long`.
 */
export const LONG_FILES: readonly string[] = [
	"apps/browser/test/larger-model.test.ts",
	"apps/demo/test/crowd.test.ts",
	"apps/demo/test/embedded-kill.test.ts",
	"apps/demo/test/hostile-http.test.ts",
	"apps/demo/test/page-keyboard.test.ts",
	"apps/demo/test/page-life.test.ts",
	"apps/demo/test/page-network.test.ts",
	"apps/demo/test/page-phone.test.ts",
	"apps/demo/test/postgres-kill.test.ts",
	"apps/demo/worker/again.test.ts",
	"apps/demo/worker/long-history.test.ts",
	"apps/miniature/miniature.test.ts",
	"apps/miniature/person/person.test.ts",
	"apps/miniature/why/why.test.ts",
	"packages/cli/src/eval-killed.test.ts",
	"packages/database/src/durable-postgres.test.ts",
	"packages/database/src/embedded-killed.test.ts",
	"test/webgpu/webgpu.test.ts",
];
