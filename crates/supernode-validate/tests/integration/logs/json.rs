use supernode_validate::{Format, Launch, Operation, Processes, ReadError, read_log};

/// Two processes of four GPUs; the device list names the first of each.
const DOCUMENT: &str = r#"{"version":2,"start_time":"2025-01-01 00:00:00",
"args":["./build/alltoall_perf","-J","f.json"],"env":["A=b"],"nccl_version":22703,
"config":{"nthreads":1,"ngpus":4,"minimum_bytes":1,"maximum_bytes":2,"step_factor":2,"graph":3,
"blocking_collectives":"false","devices":[
{"rank":0,"group":0,"pid":1,"hostname":"a","device":0,"device_hex":"0000:1:00","device_info":"NVIDIA B200"},
{"rank":4,"group":0,"pid":2,"hostname":"b","device":0,"device_hex":"0000:1:00","device_info":"NVIDIA B200"}]},
"results":[
{"size":1048576,"count":32768,"type":"float","redop":"none","root":"    -1",
 "out_of_place":{"time":100.0,"alg_bw":10.485760,"bus_bw":9.175040,"nwrong":0.0},
 "in_place":{"time":"nan","alg_bw":"nan","bus_bw":"nan","nwrong":null},"actual_iterations":20},
{"size":2097152,"count":65536,"type":"float","redop":"none","root":"    -1",
 "out_of_place":{"time":200.0,"alg_bw":10.485760,"bus_bw":9.175040,"nwrong":2.0},
 "in_place":{"time":200.0,"alg_bw":10.485760,"bus_bw":9.175040,"nwrong":null}}],
"out_of_bounds":{"count":2,"okay":"false"},"average_bus_bandwidth":{"bandwidth":9.1,"okay":"unchecked"},
"errors":[],"end_time":"2025-01-01 00:00:01"}"#;

#[test]
fn json_of_nccl_tests_reads() {
    let log = read_log(DOCUMENT).unwrap();
    let curve = &log.curves[0];
    assert_eq!((log.format, curve.operation), (Format::NcclTestsJson, Operation::AllToAll));
    assert_eq!((curve.chips, curve.nodes, curve.version.as_str()), (8, Some(2), "2.27.3"));
    assert_eq!(curve.launch, Some(Launch::Graph));
    assert_eq!(curve.processes, Some(Processes::PerNode));
    assert_eq!((curve.rows.len(), curve.family()), (2, "B200"));
    let left_out: Vec<String> = log.left_out.iter().map(ToString::to_string).collect();
    assert_eq!(
        left_out,
        ["result 1: in-place: time NaN is impossible", "result 2: out-of-place: 2 wrong elements"]
    );
    assert!(log.remarks.is_empty());
}

#[test]
fn arguments_and_environment_tell_of_the_run() {
    let text = DOCUMENT
        .replace(r#""f.json"]"#, r#""f.json","-m","4"]"#)
        .replace(r#"["A=b"]"#, r#"["A=b","NCCL_PROTO=LL","NCCL_IB_TC=106"]"#);
    let log = read_log(&text).unwrap();
    assert_eq!(log.curves[0].proto, "LL");
    let remarks: Vec<String> = log.remarks.iter().map(ToString::to_string).collect();
    let expected = [
        "result 1: NCCL_IB_TC=106: seen, but not modelled",
        "result 1: NCCL_PROTO=LL: taken into the model",
        "result 1: -m 4 (several calls in one group): not modelled",
    ];
    assert_eq!(remarks, expected);
}

#[test]
fn broken_documents_are_refused() {
    let cut = read_log(&DOCUMENT[..DOCUMENT.len() / 2]).unwrap_err();
    assert!(matches!(cut, ReadError::Json { .. }), "{cut}");
    assert_eq!(read_log("{\"a\":1}"), Err(ReadError::Unrecognised));
    let ours = DOCUMENT.replacen('{', "{\"simulated\":true,", 1);
    assert_eq!(read_log(&ours), Err(ReadError::Simulated));
    let other = DOCUMENT.replace("9.175040", "9.830400");
    let error = read_log(&other).unwrap_err().to_string();
    assert!(error.contains("16 ranks would fit"), "{error}");
}
