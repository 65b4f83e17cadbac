import { lazy, Suspense, useState } from 'react';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { notify } from '../ui/notices';
import { words } from '../words/en';

const QrCode = lazy(() => import('./qr-code'));

/** The home page of a student offers to join with the code of this address. */
const joinAddress = (joinCode: string) => `${window.location.origin}/?join=${encodeURIComponent(joinCode)}`;

/** A join code with buttons that copy it and show it to a room. */
export function JoinCode({ joinCode, courseName }: { joinCode: string; courseName: string }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <div className="toolbar">
      <span>
        {words.joinCode.label} <strong className="join-code">{joinCode}</strong>
      </span>
      <Button onClick={() => copy(joinCode, words.joinCode.codeCopied)}>{words.joinCode.copyCode}</Button>
      <Button onClick={() => copy(joinAddress(joinCode), words.joinCode.linkCopied)}>{words.joinCode.copyLink}</Button>
      <Button onClick={() => setIsShown(true)}>{words.joinCode.showQr}</Button>
      {isShown && (
        <Dialog title={words.joinCode.qrTitle(courseName)} onClose={() => setIsShown(false)}>
          <Suspense fallback={<div className="qr" />}>
            <QrCode text={joinAddress(joinCode)} label={words.joinCode.qrLabel(joinAddress(joinCode))} />
          </Suspense>
          <p>{words.joinCode.qrAdvice(joinCode)}</p>
        </Dialog>
      )}
    </div>
  );
}

async function copy(text: string, told: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(told);
  } catch {
    // Browsers allow it on https and localhost only, and people can forbid it.
    notify(words.joinCode.notCopied(text), 'warn');
  }
}
