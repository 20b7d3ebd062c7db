import { build } from "@drum/config/tsup";

/**
 * Two files, of which the second comes when it is needed. With tsup's own splitting, what of `@drum/tensor` comes late and is not needed
 * here would come along.
 */
export default build(["src/index.ts", "src/simd.ts"], {
	dts: { entry: "src/index.ts" },
	splitting: false,
	esbuildPlugins: [
		{
			name: "simd-apart",
			setup: ({ onResolve }) =>
				onResolve({ filter: /^\.\/simd\.ts$/ }, ({ kind }) =>
					kind === "dynamic-import" ? { path: "./simd.js", external: true } : undefined,
				),
		},
	],
});
