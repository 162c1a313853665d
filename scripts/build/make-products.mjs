import { performance } from 'node:perf_hooks';

import { putProduct, recordedInputs } from './dist-folder.mjs';
import { inputsOf, unfitProducts } from './products.mjs';

/** Makes those of the products that do not fit, side by side, and says so. What changes meanwhile is made once more. */
export async function makeProducts(wanted, say) {
  for (let unfit = unfitProducts(wanted); unfit.length > 0; unfit = unfitProducts(wanted)) {
    say(whyMade(unfit));
    const startedAt = performance.now();
    const made = await Promise.all(unfit.map(makeProduct));
    const left = made.filter(({ files }) => files === undefined);
    for (const { product, files, inputs } of made) {
      if (files !== undefined && inputsOf(product).hash === inputs.hash) putProduct(product, { files, inputs });
    }
    say(`Done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
    for (const { product } of left)
      say(`Left out, since ${product.by.join(' and ')} is not installed: ${product.name}.`);
    wanted = wanted.filter((product) => !left.some((one) => one.product === product));
  }
}

async function makeProduct(product) {
  const inputs = inputsOf(product);
  const isPossible = Object.values(inputs.versions).every((version) => version !== null);
  return { product, inputs, files: isPossible ? await product.make() : undefined };
}

function whyMade(unfit) {
  const what = unfit.map(({ name }) => name).join(', ');
  const isFirst = unfit.every((product) => recordedInputs(product) === undefined);
  const why = isFirst ? 'is not there yet' : 'no longer fits the sources or the packages';
  return `dist ${why}: making ${what} …`;
}
