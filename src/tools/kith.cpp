// SPDX-License-Identifier: Apache-2.0
// kith: talks, listens, scripts and measures from the command line.
#include <kith/version.hpp>

#include <CLI/CLI.hpp>

#include <clocale>
#include <cstdio>
#include <functional>
#include <set>
#include <signal.h>

#include "tools/bench.hpp"
#include "tools/commands.hpp"
#include "tools/log_lines.hpp"
#include "tools/main_loop.hpp"
#include "tools/secrets.hpp"
#include "tools/streams.hpp"

namespace {

using kith::tools::AdminArgs;
using kith::tools::RescueArgs;
using kith::tools::Settings;

constexpr const char* kUsage =
    "usage: kith [--server URL] --app ID[:KEY] [--master-key KEY | --sign-url URL] [--json] "
    "[--store FILE] COMMAND\n"
    "       COMMAND: chat, listen, send, group, query, history, status, admin, rescue, bench\n"
    "       (kith --help and kith COMMAND --help say more)\n";

/// A subcommand and what runs it.
struct Command {
  CLI::App* app;
  std::function<int()> run;
};

void addSettings(CLI::App& app, Settings& settings) {
  app.set_version_flag("--version", kith::kVersion);
  app.add_option("--server", settings.server,
                 "ws:// or wss:// address, or http(s):// of a router that knows it")
      ->capture_default_str();
  app.add_option("--app", settings.app, "The application, ID or ID:KEY (the key is for history)")
      ->envname("KITH_APP");
  auto* key = app.add_option("--master-key", settings.master_key,
                             "Sign here, with the application's master key")
                  ->envname("KITH_MASTER_KEY");
  app.add_option("--sign-url", settings.sign_url,
                 "Ask this server to sign (POST /sign and /group_sign below the URL)")
      ->excludes(key);
  app.add_option("--ca-file", settings.ca_file, "PEM file with the authorities to trust for wss");
  app.add_option("--store", settings.store,
                 "chat, listen, send: a file where messages that could not go out, or were not "
                 "shown, wait for the next start");
  app.add_flag("--json", settings.json, "Print one JSON object a line");
  app.add_option("--timeout", settings.timeout_s, "Seconds that connecting, or an answer, may take")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--log-level", settings.log_level,
                 "trace, debug, info, warn, error or off: the library's log, on standard error")
      ->capture_default_str()
      ->check(
          CLI::IsMember(std::set<std::string>{"trace", "debug", "info", "warn", "error", "off"}));
}

Command addChat(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<kith::tools::ChatArgs>();
  CLI::App* chat = app.add_subcommand("chat", "Talk: type lines, see what others say");
  chat->add_option("PEER", args->peer, "Who you are")->required();
  auto* with = chat->add_option("--with", args->with, "Whom to talk to; more with commas");
  chat->add_option("--group", args->group, "The group to talk in, or `new`")->excludes(with);
  return {chat, [args, &settings] { return runChat(settings, *args); }};
}

Command addListen(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<kith::tools::ListenArgs>();
  CLI::App* listen = app.add_subcommand("listen", "Print what happens to a peer");
  listen->add_option("PEER", args->peer, "Who listens")->required();
  listen->add_option("--watch", args->watch, "Tell when these peers come and go: A,B");
  listen->add_option("--count", args->count, "End after so many messages");
  listen->add_option("--timeout", args->timeout_s,
                     "End after so many seconds; exit status 1 when --count was not reached");
  return {listen, [args, &settings] { return runListen(settings, *args); }};
}

Command addSend(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<kith::tools::SendArgs>();
  CLI::App* send = app.add_subcommand("send", "Send a text, or each line of standard input");
  send->add_option("PEER", args->peer, "Who sends")->required();
  send->add_option("--to", args->to, "Who receives: A,B")->required();
  send->add_flag("--transient", args->transient, "Only for who is online now; nothing is stored");
  send->add_flag("--receipt", args->receipt, "Ask for a receipt and wait for it");
  send->add_option("TEXT", args->text, "The text, or - for the lines of standard input")
      ->required();
  return {send, [args, &settings] { return runSend(settings, *args); }};
}

Command addGroup(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<kith::tools::GroupArgs>();
  CLI::App* group = app.add_subcommand("group", "Create, join, leave, change and use groups");
  group->add_option("PEER", args->peer, "Who acts")->required();
  group->add_option("ACTION", args->action, "create, join, leave, invite, kick, members or send")
      ->required()
      ->check(CLI::IsMember(
          std::set<std::string>{"create", "join", "leave", "invite", "kick", "members", "send"}));
  group->add_option("ID", args->id, "The group's id (all but create)");
  group->add_option("REST", args->rest, "invite and kick: A,B; send: TEXT or -");
  group->add_flag("--open", args->open, "create: an open group, without members or memory");
  return {group, [args, &settings] { return runGroup(settings, *args); }};
}

Command addQuery(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<kith::tools::QueryArgs>();
  CLI::App* query = app.add_subcommand("query", "Say which peers are online");
  query->add_option("PEER", args->peer, "Who asks")->required();
  query->add_option("PEERS", args->peers, "Who is asked about: A,B")->required();
  return {query, [args, &settings] { return runQuery(settings, *args); }};
}

Command addHistory(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<kith::tools::HistoryArgs>();
  CLI::App* history = app.add_subcommand("history", "Print stored messages, oldest first");
  history->add_option("PEER", args->peer, "Who asks")->required();
  auto* with = history->add_option("--with", args->with, "Of the conversation with this peer");
  history->add_option("--group", args->group, "Of this group")->excludes(with);
  history->add_option("--limit", args->limit, "So many, the newest")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  history->add_option("--before", args->before,
                      "Older than this timestamp (ms), as --json prints it");
  history->add_option("--before-id", args->before_id,
                      "Older than the message with this id and the timestamp of --before");
  return {history, [args, &settings] { return runHistory(settings, *args); }};
}

Command addStatus(CLI::App& app, const Settings& settings) {
  CLI::App* status = app.add_subcommand("status", "Say whether the service answers, and how fast");
  return {status, [&settings] { return runStatus(settings); }};
}

CLI::App* addAdminAction(CLI::App& app, AdminArgs& args, const std::string& name,
                         const std::string& what) {
  CLI::App* action = app.add_subcommand(name, what);
  action->add_option("ID", args.id, "The application")->required();
  action->callback([&args, name] { args.action = name; });
  return action;
}

Command addAdmin(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<AdminArgs>();
  CLI::App* admin = app.add_subcommand("admin", "Change what a running kithd serves");
  admin->require_subcommand(1);
  admin->add_option("--admin-key-file", args->admin_key_file,
                    "A file with kithd's admin key, - = standard input; so may be the environment "
                    "variable KITH_ADMIN_KEY");
  admin->add_option("--connect", args->connect,
                    "HOST:PORT to connect to in place of --server's, whose name the certificate "
                    "then has to be for");
  CLI::App* apps = admin->add_subcommand("app", "Applications: what is changed survives a restart");
  apps->require_subcommand(1);
  CLI::App* add = addAdminAction(*apps, *args, "add",
                                 "Add an application; prints the keys that kithd makes for it");
  add->add_option("--app-key-file", args->app_key_file, "A file with its app key, - = stdin");
  add->add_option("--master-key-file", args->master_key_file,
                  "A file with its master key, - = stdin");
  CLI::App* rotate = addAdminAction(
      *apps, *args, "rotate-key",
      "Give it a new key, and print it when kithd makes it; the old one is good no longer. The "
      "application's own --master-key may do it, too");
  rotate->add_option("KEY", args->which, "app or master")
      ->required()
      ->check(CLI::IsMember(std::set<std::string>{"app", "master"}));
  rotate->add_option("--key-file", args->key_file, "A file with the new key, - = stdin");
  CLI::App* limits =
      addAdminAction(*apps, *args, "limits",
                     "Change its limits, rates, switches and rules; null = as in kithd's settings");
  for (CLI::App* action : {add, limits}) {
    action->add_option("SETTING", args->settings,
                       "NAME=VALUE as in kithd's settings file, rates.peer_per_second=20");
  }
  return {admin, [args, &settings] { return runAdmin(settings, *args); }};
}

/// What all of them have.
CLI::App* addRescueAction(CLI::App& app, RescueArgs& args, const std::string& name,
                          const std::string& what) {
  CLI::App* action = app.add_subcommand(name, what);
  action->callback([&args, name] { args.action = name; });
  action->add_option("--master-key-file", args.master_key_file,
                     "A file with the application's master key, - = standard input; so may be the "
                     "environment variable KITH_MASTER_KEY");
  action
      ->add_option("--backoff", args.backoff_s,
                   "Seconds to wait after a failure; they double up to a minute")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 60.0));
  action
      ->add_option("--patience", args.patience_s,
                   "Seconds that one request may fail before the command is given up")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  action
      ->add_option("--progress", args.progress_s,
                   "Seconds between two lines about the progress, where there is no terminal")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  return action;
}

void addVendorOptions(CLI::App* action, RescueArgs& args) {
  action->add_option("--proxy", args.proxy, "http://[USER:PASSWORD@]HOST:PORT")
      ->envname("KITH_PROXY");
  action->add_option("--rate", args.rate, "Requests a second at most; 0 = no limit")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1000.0));
}

Command addRescue(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<RescueArgs>();
  CLI::App* rescue =
      app.add_subcommand("rescue", "Pull an application's data out of the vendor's service");
  rescue->require_subcommand(1);
  CLI::App* pull = addRescueAction(
      *rescue, *args, "export",
      "Write classes and messages into a folder; give the same command again to go on");
  addVendorOptions(pull, *args);
  pull->add_option("--out", args->folder, "The folder; made when it is not there")->required();
  pull->add_option("--classes", args->classes,
                   "A,B: these classes in place of those that conversations need");
  pull->add_option("--from", args->from, "Messages from this time on: 2026-11-30[T12:00:00Z]");
  pull->add_option("--until", args->until, "Messages before this time");
  pull->add_option("--by", args->by,
                   "app: all messages in one go; conversation: one conversation after the other")
      ->capture_default_str()
      ->check(CLI::IsMember(std::set<std::string>{"app", "conversation"}));
  pull->add_flag("--files", args->files, "Also download the files that _File names");
  pull->add_flag("--private-files", args->private_files,
                 "Download also from this machine and private networks");
  pull->add_flag("--lists", args->lists,
                 "Also ask about each conversation: silenced and barred clients, subscribers");
  pull->add_flag("--job", args->job, "Classes as one archive that the vendor makes, kept as it is");
  pull->add_option("--limit", args->limit, "Rows asked for at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  CLI::App* check = addRescueAction(
      *rescue, *args, "check",
      "Say whether a folder is whole; with --server also whether it is what the vendor has");
  addVendorOptions(check, *args);
  check->add_option("FOLDER", args->folder, "The folder")->required();
  check
      ->add_option("--sample", args->sample,
                   "Conversations whose newest messages are compared with the vendor's")
      ->capture_default_str()
      ->check(CLI::Range(0, 100000));
  check->add_flag("--kithd", args->kithd,
                  "The server is a kithd: say whether it has what the folder holds");
  CLI::App* bring = addRescueAction(
      *rescue, *args, "import",
      "Bring what a folder holds into the kithd of --server; give the same command again to go on");
  bring->add_option("FOLDER", args->folder, "The folder")->required();
  bring->add_flag("--dry-run", args->dry_run, "Only say what would be done");
  return {rescue, [args, &app, &settings] {
            args->external = app.count("--server") > 0;
            return runRescue(settings, *args);
          }};
}

Command addBench(CLI::App& app, const Settings& settings) {
  auto args = std::make_shared<kith::tools::BenchArgs>();
  CLI::App* bench = app.add_subcommand(
      "bench",
      "Measure a kithd of its own (beside this program), or the one of --server, which must run "
      "with --require-watch never");
  bench->add_option("WORK", args->work, "direct, fanout, idle, storm, offline, mesh or attack")
      ->required()
      ->check(CLI::IsMember(
          std::set<std::string>{"direct", "fanout", "idle", "storm", "offline", "mesh", "attack"}));
  bench->add_option("--messages", args->messages, "Messages sent (offline: for each client)");
  bench->add_option("--clients", args->clients, "Sessions (fanout: members of the group)");
  bench->add_option("--body", args->body, "Bytes of a message's text")
      ->capture_default_str()
      ->check(CLI::Range(24, 4000));
  bench->add_option("--in-flight", args->in_flight, "Unanswered messages of each sender");
  bench->add_option("--connections", args->connections, "offline: connections they share");
  bench
      ->add_option("--io-threads", args->io_threads,
                   "idle and storm: io threads of this side (one for each thousand sockets)")
      ->check(CLI::Range(1, 1000));
  bench->add_option("--rate", args->rate, "direct: so many messages a second, and their latency");
  bench->add_option("--repeat", args->repeat, "Runs, of which the median is printed")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  auto* memory = bench->add_flag_function(
      "--memory", [args](std::int64_t) { args->durable = false; },
      "The server keeps everything in memory (default)");
  bench->add_flag("--durable", args->durable, "The server commits to disk before each answer")
      ->excludes(memory);
  bench->add_flag("--signed", args->is_signed, "Every session opens with a signature");
  bench->add_flag("--shared", args->shared, "idle and storm: all sessions on one connection");
  bench->add_flag("--tls", args->tls,
                  "Through TLS, with a certificate made by the program openssl; for a --server "
                  "say wss:// and --ca-file");
  bench->add_option("--server-pid", args->server_pid, "The process behind --server, to look at");
  bench->add_option("--server-core", args->server_core,
                    "The core that the kithd of its own keeps to; use taskset for this side");
  bench->add_option("--limit", args->limit_s, "Seconds that one run may take")
      ->capture_default_str();
  return {bench, [args, &app, &settings] {
            args->external = app.count("--server") > 0;
            return runBench(settings, *args);
          }};
}

int refuse(const std::string& what) {
  std::fprintf(stderr, "kith: %s\n%s", what.c_str(), kUsage);
  return 2;
}

/// A command's status, unless its output did not get to where it was to go.
int finish(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  std::fputs("kith: the output could not be written\n", stderr);
  return status != 0 ? status : 1;
}

}  // namespace

int main(int argc, char** argv) {
  kith::tools::openStandardStreams();
  // A parent that ignores it hands that on, and a command would go on writing into a closed pipe.
  signal(SIGPIPE, SIG_DFL);
  std::setlocale(LC_ALL, "");
  std::setlocale(LC_NUMERIC, "C");
  kith::tools::blockSignals();

  CLI::App app{"kith " + std::string(kith::kVersion) + ": talk, listen, script and measure"};
  app.require_subcommand(1);
  app.fallthrough();
  Settings settings;
  addSettings(app, settings);
  const std::vector<Command> commands{addChat(app, settings),   addListen(app, settings),
                                      addSend(app, settings),   addGroup(app, settings),
                                      addQuery(app, settings),  addHistory(app, settings),
                                      addStatus(app, settings), addAdmin(app, settings),
                                      addRescue(app, settings), addBench(app, settings)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return refuse(error.what());
  }
  kith::tools::hideValues(argc, argv, "--app", ':');
  kith::tools::hideValues(argc, argv, "--master-key");
  kith::tools::hideValues(argc, argv, "--proxy");
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    const std::string name = command.app->get_name();
    if (settings.appId().empty()) {
      if (name != "bench" && name != "admin" && name != "rescue") {
        return refuse("--app is required");
      }
      if (name != "rescue") settings.app = name;
    }
    if (!settings.store.empty() && name != "chat" && name != "listen" && name != "send") {
      return refuse("--store is for chat, listen and send");
    }
    return finish(command.run());
  }
  return refuse("no command");
}
