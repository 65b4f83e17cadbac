import './keys-dialog.css';
import { words } from '../words/en';
import { Dialog } from './dialog';
import { CheckboxField } from './field';
import { switchSingleKeys, useSingleKeysOn } from './single-keys';

/** A key as it is written on the keyboard, and what it does. */
export type KeyWithEffect = readonly [key: string, effect: string];

/** The single keys that act, and the switch that turns them off. */
export function KeysDialog({ keys, onClose }: { keys: readonly KeyWithEffect[]; onClose: () => void }) {
  const areOn = useSingleKeysOn();
  return (
    <Dialog title={words.keys.title} onClose={onClose}>
      <dl className="keys">
        {keys.map(([key, effect]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{effect}</dd>
          </div>
        ))}
      </dl>
      <CheckboxField
        label={words.keys.use}
        checked={areOn}
        onChange={({ target }) => switchSingleKeys(target.checked)}
      />
    </Dialog>
  );
}
