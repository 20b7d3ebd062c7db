/**
 * Tests that take longest, from the root: crowds, processes that are killed again and again, a GPU in software, and the study in
 * miniature. They run apart from the others, in `pnpm test build long`.
 */
export const LONG_FILES: readonly string[] = [
	"apps/browser/test/larger-model.test.ts",
	"apps/demo/test/crowd.test.ts",
	"apps/demo/test/embedded-kill.test.ts",
	"apps/demo/test/hostile-http.test.ts",
	"apps/demo/test/page-keyboard.test.ts",
	"apps/demo/test/page-life.test.ts",
	"apps/demo/test/page-network.test.ts",
	"apps/demo/test/postgres-kill.test.ts",
	"apps/miniature/miniature.test.ts",
	"apps/miniature/person/person.test.ts",
	"apps/miniature/why/why.test.ts",
	"test/webgpu/webgpu.test.ts",
];
