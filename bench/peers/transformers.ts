/** What is used of @huggingface/transformers, which is installed for this bench only. */
interface Transformers {
  readonly env: Record<string, unknown>;
  readonly AutoTokenizer: { from_pretrained(model: string): Promise<Tokenizer> };
  readonly AutoModel: AutoModel;
  readonly AutoModelForCausalLM: AutoModel;
}
interface AutoModel {
  from_pretrained(model: string, options: Record<string, unknown>): Promise<Model>;
}
export type Tokenizer = (
  texts: readonly string[],
  options: { readonly padding: boolean; readonly add_special_tokens: boolean },
) => Inputs;
export interface Inputs {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
}
export interface Model {
  (inputs: Inputs): Promise<Record<string, Tensor>>;
  dispose(): Promise<unknown>;
}
export interface Tensor {
  readonly data: ArrayLike<number | bigint>;
  readonly dims: readonly number[];
  dispose(): void;
}

/** The package, looking for models in a folder of this machine, and how to load one in float32 on the CPU. */
export async function openTransformers(
  folder: string,
  threads: number,
): Promise<Omit<Transformers, 'env'> & { readonly options: Record<string, unknown> }> {
  const name: string = '@huggingface/transformers';
  const { env, AutoTokenizer, AutoModel, AutoModelForCausalLM }: Transformers = await import(name);
  Object.assign(env, { allowRemoteModels: false, localModelPath: folder });
  const options = {
    dtype: 'fp32',
    device: 'cpu',
    use_external_data_format: true,
    session_options: { intraOpNumThreads: threads, logSeverityLevel: 3 },
  };
  return { AutoTokenizer, AutoModel, AutoModelForCausalLM, options };
}
