/**
 * The matrix products of a network, in one numeric form. Weights are named as in the checkpoint, and stand for matrices
 * [out, in]; activations are rows [n, in].
 */
export interface LinearLayers {
  /** Brings activations into the form that products take, once for all the matrices they meet. */
  prepare(x: Product): Activation;
  /** `x @ weight^T`: float32 [n, out]. */
  multiply(x: Activation, weight: string): string;
  /**
   * `x @ weight^T` without the last step, where there is one: for readers that do not care by what each row is
   * multiplied, or see to it later. It saves a pass over the product.
   */
  multiplyUnscaled(x: Activation, weight: string): Product;
  /** `x @ weight^T + residual`, for activations that meet this matrix only: float32 [n, out]. */
  project(x: Product, weight: string, residual: string): string;
}

/** Activations that were prepared; what is in them is the business of the numeric form. */
export interface Activation {
  /** What the graph calls the number of rows. */
  readonly rows: string;
  /** The values, in the type that the products take. */
  readonly values: string;
  /** float32 [n, 1]: what the products of each row are to be multiplied with. */
  readonly scales?: string;
}

/** float32 rows. */
export interface Product {
  /** What the graph calls the number of rows. */
  readonly rows: string;
  readonly values: string;
  /** float32 [n, 1], positive: what each row is still to be multiplied with. */
  readonly scales?: string;
}
