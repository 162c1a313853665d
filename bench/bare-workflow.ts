import { condition, defineUpdate, setHandler } from '@temporalio/workflow';

/** What a user would write without us for "create, one fire, end": one update, no storage, no checks, no streams. */
export async function bareToken(): Promise<string> {
  let place = 'submitted';
  setHandler(defineUpdate<string>('fire'), () => {
    place = 'done';
    return place;
  });
  await condition(() => place === 'done');
  return place;
}
