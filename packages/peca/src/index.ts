export { Adapter, type AdapterOptions, type AdapterOutput, type ReadyReferences } from "./adapter.ts";
export type { AdapterConfig } from "./adapter-model.ts";
export {
	type AdapterName,
	type Condition,
	compose,
	composePlain,
	type Encoders,
	MIXES,
	type Mix,
	mixInputs,
} from "./mix.ts";
