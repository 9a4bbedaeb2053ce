import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** The jQuery that the original's pages name, and the one of today. */
export const JQUERY = {
  '1.8.3': await readFile(new URL('./fixtures/jquery-1.8.3.min.js', import.meta.url), 'utf8'),
  '3.7.1': await readFile(createRequire(import.meta.url).resolve('jquery/dist/jquery.min.js'), 'utf8'),
} as const;

/**
 * A landing page as realtime-turk has it, with its intervals, its prefix and its lack of any error path. `hasWork` is
 * what the requester's page does with the task.
 */
export const landingPage = (
  server: string,
  ids: readonly string[],
  { jQuery = JQUERY['1.8.3'], hasWork = '' }: { jQuery?: string; hasWork?: string } = {},
): string => `
  ${jQuery}
  var pinged = [], polled = [];
  heard = [];
  var Retainer = {
    pingType: 'waiting',
    init: function (worker, assignment, hit) {
      Retainer.worker = worker;
      Retainer.assignment = assignment;
      Retainer.hit = hit;
      Retainer.checkForWork();
      Retainer.ping();
    },
    hasWork: function (data) {
      heard.push(data);
      ${hasWork}
    },
    ping: function () {
      var url = '${server}/retainer/ping/worker/' + Retainer.worker + '/assignment/' + Retainer.assignment +
        '/hit/' + Retainer.hit + '/event/' + Retainer.pingType;
      $.get(url, function (data) {
        pinged.push(data);
        setTimeout(Retainer.ping, 2500);
      });
    },
    checkForWork: function () {
      $.get('${server}/retainer/gettask/assignment/' + Retainer.assignment, function (data) {
        polled.push(data);
        if (data.start) {
          Retainer.pingType = 'working';
          Retainer.hasWork(data);
        } else setTimeout(Retainer.checkForWork, 1000);
      });
    }
  };
  Retainer.init(${ids.map((id) => JSON.stringify(id)).join(', ')});
`;

/**
 * A status page as realtime-turk has it: asks for the list without saying what type it expects, parses the text itself,
 * draws a row each, and posts what its buttons and boxes say. *All* is the button of the empty hitType; in the page of
 * the README it is a GET.
 */
export const statusPage = (server: string): string => `
  ${JQUERY['1.8.3']}
  var listed = [], answers = {};
  $(function () {
    $('body').append('<table id="reservations"></table><button id="all">All</button><button id="allByGet">All</button>');
    var button = function (path, parameters) {
      return $('<button></button>').text(path).click(function () {
        $.post('${server}/retainer/' + path, parameters, function (data) { answers[path] = data; });
      });
    };
    var draw = function () {
      $.get('${server}/retainer/reservation/list', function (data) {
        listed = JSON.parse(data);
        $('#reservations').empty();
        $.each(listed, function (n, one) {
          var row = $('<tr></tr>').attr('id', 'r' + one.id).append($('<td class="title"></td>').text(one.proto.title));
          row.append($('<td class="state"></td>').text(one.done ? 'Done' : one.invoked ? 'Invoked' : 'Made'));
          $.each(['invoke', 'finish', 'unfinish', 'cancel'], function (m, action) {
            row.append(button('reservation/' + action, { id: one.id }));
          });
          row.append(button('reservation/finish/all', { hitType: one.proto.hitTypeID }));
          var box = $('<input type="checkbox">').change(function () {
            $.post('${server}/retainer/protohit/sandbox/set',
              { hitType: one.proto.hitTypeID, sandbox: box.is(':checked') });
          });
          row.append(box);
          $.post('${server}/retainer/protohit/sandbox/get', { hitType: one.proto.hitTypeID }, function (data) {
            box.attr('checked', JSON.parse(data));
          });
          $('#reservations').append(row);
        });
      });
    };
    $('#all').click(function () { $.post('${server}/retainer/reservation/finish/all', { hitType: '' }, draw); });
    $('#allByGet').click(function () { $.get('${server}/retainer/reservation/finish/all', draw); });
    draw();
    window.draw = draw;
  });
`;

/** A dashboard as realtime-turk has it: keeps ids as the integers that parseInt reads. */
export const dashboard = (server: string, protoHit: Readonly<Record<string, unknown>>): string => `
  ${JQUERY['1.8.3']}
  var protoHitId, reservationId, answers = [];
  var makeProtoHit = function () {
    $.post('${server}/puttask', { json: ${JSON.stringify(JSON.stringify(protoHit))} }, function (data) {
      protoHitId = parseInt(data);
    });
  };
  var makeReservation = function () {
    $.post('${server}/reservation/make', { id: protoHitId, foreignID: 12345, delay: 30, numAssignments: 1 },
      function (data) { reservationId = parseInt(data); });
  };
  var press = function (action) {
    $.post('${server}/reservation/' + action, { id: reservationId }, function (data) { answers.push(data); });
  };
`;
