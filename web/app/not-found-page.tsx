import { ButtonLink } from './ui/button';
import { Page } from './ui/page';
import { Empty } from './ui/states';
import { words } from './words/en';

export function NotFoundPage() {
  return (
    <Page title={words.notFound.title}>
      <Empty>
        <p>{words.notFound.advice}</p>
        <ButtonLink href="/">{words.notFound.home}</ButtonLink>
      </Empty>
    </Page>
  );
}
