import { emitKeypressEvents } from 'node:readline';
import type { Story } from '../local/story.ts';
import { passTime, rotateOnce } from './tour.ts';
import type { View } from './view.ts';

/** Lets the visitor act until they leave. Without a keyboard it only stays up. */
export async function readKeys(story: Story, view: View): Promise<void> {
  const { stdin } = process;
  if (stdin.isTTY !== true) {
    view.say('There is no keyboard here: it stays up until it is ended.');
    return new Promise(() => {});
  }
  const show = () =>
    view.keys(`r rotate   h one hour on   d one day on   ${story.isBroken() ? 'm mend' : 'b break'} the docs robot   q quit`);
  const acts: Readonly<Record<string, () => Promise<void>>> = {
    r: async () => {
      view.scene('Rotate');
      await rotateOnce(story);
      view.say((await held(story)) ? '✓ every dependent has the current token' : '✗ a dependent has another token');
    },
    h: () => move(1),
    d: () => move(24),
    b: async () => {
      story.breakDependent(true);
      view.say('The docs robot refuses every new token from now on: rotate, and see everything put back.');
    },
    m: async () => {
      story.breakDependent(false);
      await story.release();
      view.say('The docs robot takes new tokens again, and the token is no longer parked.');
    },
  };
  const move = async (hours: number) => {
    view.scene(hours === 1 ? 'An hour passes' : 'A day passes');
    await passTime(story, hours);
    await story.local.sweep();
    await story.local.catchUp();
  };

  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  show();
  await new Promise<void>((leave) => {
    let busy = false;
    stdin.on('keypress', async (_text, key: { name?: string; ctrl?: boolean }) => {
      if (key.name === 'q' || (key.ctrl && key.name === 'c')) return leave();
      const act = acts[key.name ?? ''];
      if (act === undefined || busy) return;
      busy = true;
      await act().catch((error: Error) => view.say(`✗ ${error.message}`));
      busy = false;
      show();
    });
  });
  stdin.setRawMode(false);
  stdin.pause();
}

async function held(story: Story): Promise<boolean> {
  const current = await story.tokenAt({ label: 'AWSCURRENT' });
  return Object.values(await story.held()).every((token) => token === current);
}
