/** Marks somebody whose page shows no token: whoever guesses their ids could pose as them. */
export const Unsigned = ({ isSigned }: { isSigned: boolean }) =>
  isSigned ? null : (
    <>
      {' '}
      <span class="tag unsigned" title={WHY_UNSIGNED}>
        unsigned
      </span>
    </>
  );

const WHY_UNSIGNED = 'Their page asked for no token: whoever guesses their ids could pose as them.';
