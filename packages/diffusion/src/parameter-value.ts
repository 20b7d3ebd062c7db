/** What JSON can hold. */
export type ParameterValue =
	| string
	| number
	| boolean
	| null
	| readonly ParameterValue[]
	| { readonly [name: string]: ParameterValue };
