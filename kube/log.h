// Structured logs: one line per event on standard error, as text or as JSON. Deciding code never logs.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "kube/time.h"

namespace sluice::kube {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

// A name and a value of one log line: {"rollout", "default/web"}.
using LogField = std::pair<std::string_view, std::string>;

class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;
  using Now = std::function<Time()>;

  // Writes to standard error with the given clock reading.
  Log(LogLevel level, LogFormat format, Now now);
  // Writes to `sink`; for tests and the embedded parts.
  Log(LogLevel level, LogFormat format, Now now, Sink sink);

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const;
  bool writes(LogLevel level) const { return level >= level_; }

 private:
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const;

  LogLevel level_;
  LogFormat format_;
  Now now_;
  Sink sink_;
};

}  // namespace sluice::kube
