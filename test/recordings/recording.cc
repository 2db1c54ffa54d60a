// Reading recordings.
#include "test/recordings/recording.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/yaml.h"

namespace sluice::recordings {
namespace {

namespace fs = std::filesystem;

fs::path folder() { return fs::path(SLUICE_SOURCE_DIR) / "test/data/traces"; }

std::string needed(const std::string& name) {
  std::optional<std::string> text = data_file(name);
  if (!text) throw std::runtime_error("there is no test/data/traces/" + name);
  return std::move(*text);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

kube::Duration seconds_of(double number) {
  return std::chrono::duration_cast<kube::Duration>(std::chrono::duration<double>(number));
}

// As a shell does it, for single quotes and blanks.
std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> words(1);
  bool is_quoted = false;
  for (const char c : command) {
    if (c == '\'')
      is_quoted = !is_quoted;
    else if (c == ' ' && !is_quoted)
      words.emplace_back();
    else
      words.back() += c;
  }
  std::erase(words, "");
  return words;
}

// " 3.     7.7 abort web", "      > what it printed", "        7.4 -> get/02.txt", "# start <time>; ...".
void read_actions(Recording& recording) {
  for (const std::string& line : lines_of(needed(recording.name + "/actions.txt"))) {
    const std::string word = "# start ";
    if (line.starts_with(word)) {
      const auto start = kube::parse_time(line.substr(word.size(), line.find(';') - word.size()));
      if (!start) throw std::runtime_error(recording.name + ": " + start.error().message);
      recording.start = *start;
    } else if (line.starts_with("      > ")) {
      recording.acts.back().answer += line.substr(8) + "\n";
    } else if (line.find(" -> get/") == std::string::npos && line.find('.') != std::string::npos) {
      std::istringstream stream(line);
      std::string number;
      double at = 0;
      std::string command;
      stream >> number >> at;
      std::getline(stream, command);
      recording.acts.push_back({seconds_of(at), words_of(command), ""});
    }
  }
}

void merge(json::value& target, const json::value& change) {
  if (!change.is_object()) {
    target = change;
    return;
  }
  if (!target.is_object()) target = json::object();
  json::object& object = target.get_object();
  for (const auto& [name, value] : change.get_object()) {
    if (value.is_null())
      object.erase(name);
    else
      merge(object[name], value);
  }
}

kube::WatchType type_of(std::string_view word) {
  return word == "ADDED"     ? kube::WatchType::added
         : word == "DELETED" ? kube::WatchType::deleted
                             : kube::WatchType::modified;
}

void read_versions(Recording& recording) {
  std::map<std::string, json::value> known;  // by kind, name
  for (const std::string& line : lines_of(needed(recording.name + "/versions.jsonl"))) {
    const auto read = kube::parse_json(line);
    if (!read) throw std::runtime_error(recording.name + ": " + read.error().message);
    Version version;
    version.at = seconds_of(read->at("at").to_number<double>());
    version.type = type_of(kube::text_at(*read, {"type"}));
    version.kind = kube::text_at(*read, {"kind"});
    version.name = kube::text_at(*read, {"name"});
    json::value& object = known[version.kind + "/" + version.name];
    if (version.type == kube::WatchType::added) object = json::object();
    merge(object, read->at("change"));
    version.uid = kube::text_at(object, {"metadata", "uid"});
    version.object = object;
    if (version.kind == "Rollout") {
      recording.rollout = version.name;
      const Row row = row_of(object);
      if (version.type != kube::WatchType::deleted && (recording.rows.empty() || recording.rows.back().row != row))
        recording.rows.push_back({version.at, row});
    }
    recording.versions.push_back(std::move(version));
  }
}

// "   0 Rollout/web Normal RolloutUpdated: ...": the seconds are of no use, the order is.
void read_events(Recording& recording) {
  for (const std::string& line : lines_of(needed(recording.name + "/events.txt"))) {
    const std::size_t begin = line.find_first_not_of(' ');
    const std::size_t end = line.find(' ', begin);
    if (end != std::string::npos) recording.events.push_back(line.substr(end + 1));
  }
}

// "patch rollouts/status web 200".
void read_writes(Recording& recording) {
  for (const std::string& line : lines_of(needed(recording.name + "/writes.txt"))) {
    std::istringstream stream(line);
    std::string verb, place, name;
    int code = 0;
    stream >> verb >> place >> name >> code;
    if (code < 300) recording.writes.push_back(verb + " " + place);
  }
}

}  // namespace

Row row_of(const json::value& rollout) {
  Row row;
  row.phase = kube::text_at(rollout, {"status", "phase"});
  row.message = kube::text_at(rollout, {"status", "message"});
  if (kube::find_at(rollout, {"status", "currentStepIndex"}))
    row.step = static_cast<int>(kube::number_at(rollout, {"status", "currentStepIndex"}));
  row.stable = kube::text_at(rollout, {"status", "stableRS"});
  row.active = kube::text_at(rollout, {"status", "blueGreen", "activeSelector"});
  return row;
}

std::string text_of(const Row& row) {
  std::string text = row.phase + " | " + row.message;
  if (row.step) text += fmt::format(" | step {}", *row.step);
  if (!row.stable.empty()) text += " | stable " + row.stable;
  if (!row.active.empty()) text += " | active " + row.active;
  return text;
}

std::optional<std::string> data_file(const std::string& name) {
  std::ifstream file(folder() / name);
  if (!file.good()) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> all_recordings() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder()))
    if (fs::exists(entry.path() / "actions.txt")) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Recording read_recording(const std::string& name) {
  Recording recording;
  recording.name = name;
  read_actions(recording);
  read_versions(recording);
  read_events(recording);
  read_writes(recording);
  auto manifests = kube::parse_yaml_documents(needed(name + "/manifests.yaml"));
  if (!manifests) throw std::runtime_error(name + ": " + manifests.error().message);
  recording.manifests = std::move(*manifests);
  return recording;
}

}  // namespace sluice::recordings
