-- Up Migration

-- The next small numbers of ProtoHITs, reservations and work requests. A number is in the event that makes its thing; a
-- sequence gives none twice, whoever asks at once, and has nobody wait. What is refused or lost leaves a gap.
create sequence retainer.proto_hit_numbers;
create sequence retainer.reservation_numbers;
create sequence retainer.work_request_numbers;

-- Down Migration

drop sequence retainer.proto_hit_numbers;
drop sequence retainer.reservation_numbers;
drop sequence retainer.work_request_numbers;
